"""The curation recipe: which examples are kept, how they are weighted, what is rewarded. The vendor's crown jewels."""
