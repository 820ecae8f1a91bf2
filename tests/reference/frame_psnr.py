"""How near two videos are as viewers get them."""

import torch


def psnr(got: torch.Tensor, want: torch.Tensor) -> float:
    """Of 8-bit frames, in dB; infinite where they are equal."""
    got_bytes, want_bytes = ((video.double() * 255).round() for video in (got, want))
    error = (got_bytes - want_bytes).square().mean()
    return float("inf") if error == 0 else float(10 * torch.log10(255**2 / error))
