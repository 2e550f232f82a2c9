"""What only the whole deployment can say."""
