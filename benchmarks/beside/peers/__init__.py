"""One peer a file: each reads comments, a line each, and says an outcome and a reply."""
