"""What the reader accepts: thresholds, waivers with an owner and an expiry, and the verdict they lead to."""
