"""What a build will cost, measured on a small sample of every source before anything is built."""
