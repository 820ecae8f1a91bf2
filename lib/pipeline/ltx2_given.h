// What an LTX-2 job is given beside its prompt: pictures, or the latents of an earlier job, which
// may be enlarged first.
#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "pipeline/latents.h"
#include "pipeline/runtime.h"

namespace kinema::pipeline {

struct Ltx2Given {
  at::Tensor first_frame;  // a picture's normalised latents [1, C, 1, H, W], or undefined
  std::vector<at::Tensor> conditions;  // the same of each of request.conditions
  Latents latents;                     // normalised, float32; undefined without an earlier job
};

// The latents of the job's file (request.latents), upsampled if the job has an upsampler, on every
// rank of the replica; the first reads and upsamples them (stage "upsample"). Throws Error(kConfig)
// if they are not those of a video of the job's size and length.
Latents given_latents(Runtime& runtime);

// Of the job's latents: [1, C, T, H, W] and [1, C, L, M].
std::vector<int64_t> video_latent_shape(const Runtime& runtime);
std::vector<int64_t> audio_latent_shape(const Runtime& runtime);

// `share` of noise, and the rest of what is given.
at::Tensor mixed(const at::Tensor& given, const at::Tensor& noise, const at::Tensor& share);

// Given latents with the job's share of noise, drawn as the reference draws it: over the tokens,
// or, where the first frame is a picture and gets none, over the latents.
Latents noised(const Runtime& runtime, const Latents& given);

}  // namespace kinema::pipeline
