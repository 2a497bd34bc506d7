"""The whole analysis as one readable function."""
