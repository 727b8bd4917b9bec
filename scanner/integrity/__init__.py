"""What can be proven about an artifact: its pin, its hashes, its archive, its attestations, its release history."""
