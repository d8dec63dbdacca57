"""What a job is to a user: handles, waiting, exactly-once create, the chain."""
