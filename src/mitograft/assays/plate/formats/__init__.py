"""One file per instrument or layout: each says how to recognise its files and how to read them."""
