"""The vocabulary: what is observed, decided and done. Pure values, no input or output."""
