"""Path models by partial least squares, on correlation batches so that resamples cost little."""
