"""Real systems, started on loopback with their data in a folder of their own, ended by pid."""
