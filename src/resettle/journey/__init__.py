"""The only place where stages meet: a programme folder, its run, its manifest, and what-if."""
