"""One outside system per module, found by entry point `aplomo.adapters` and imported when named."""
