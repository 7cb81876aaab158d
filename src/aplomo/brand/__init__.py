"""Who speaks: voice, facts and channels."""
