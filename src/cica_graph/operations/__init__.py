"""Operations: the questions that a graph answers, each declared once."""
