"""What runs the flows elsewhere: work pools and their workers, areas, configuration files."""
