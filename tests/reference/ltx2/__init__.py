"""Tiny random LTX-2 checkpoints and what diffusers computes with them."""
