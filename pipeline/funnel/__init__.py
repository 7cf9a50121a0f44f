"""What became of the applications: how many came how far, how long the first answer took, and how others fared."""
