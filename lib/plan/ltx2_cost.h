// What an LTX-2 transformer computes and exchanges.
#pragma once

#include "config/ltx2_transformer_config.h"
#include "config/request.h"
#include "plan/cost_model.h"

namespace kinema::plan {

// The part of a job that the transformer's cost depends on.
struct Ltx2Tokens {
  int64_t video = 0, audio = 0;
  int64_t text = 0;  // prompts are filled up to so many
  int64_t passes = 1;
};

DenoiserShape ltx2_denoiser(const config::Ltx2TransformerConfig& config,
                            const Ltx2Tokens& tokens,
                            config::Dtype dtype);

}  // namespace kinema::plan
