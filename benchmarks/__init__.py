"""The same work done by this project, by a bare threaded client, and by the tutorial's loop."""
