"""What other programs read: SARIF, JUnit, annotations, Markdown, Mermaid, JSON."""
