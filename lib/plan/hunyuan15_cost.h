// What a HunyuanVideo 1.5 transformer computes and exchanges.
#pragma once

#include "config/hunyuan15_config.h"
#include "config/request.h"
#include "plan/cost_model.h"

namespace kinema::plan {

// The part of a job that the transformer's cost depends on.
struct DenoiserTokens {
  int64_t video = 0;
  int64_t text = 0;  // that remain after trimming; no FLOP is spent on padding
  int64_t passes = 1;
};

DenoiserShape hunyuan15_denoiser(const config::Hunyuan15TransformerConfig& config,
                                 const DenoiserTokens& tokens,
                                 config::Dtype dtype);

}  // namespace kinema::plan
