"""A short card of points as an audit instrument: how well could simple answers tell who is meant?"""
