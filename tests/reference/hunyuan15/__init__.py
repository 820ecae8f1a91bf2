"""Tiny random HunyuanVideo 1.5 checkpoints and what diffusers computes with them."""
