"""Weight and function over time: measurements to summaries of each mouse and a mixed model over days."""
