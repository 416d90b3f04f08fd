"""What trains on what Attune exports. Needs torch and transformers, which nothing else here does."""
