"""Values to what people and programs read: terminal, page, SARIF and the formats of CI."""
