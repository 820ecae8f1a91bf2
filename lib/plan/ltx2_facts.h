// What an LTX-2 checkpoint's configurations say.
#pragma once

#include <cstdint>
#include <vector>

#include "config/flow_match_config.h"
#include "config/gemma3_text_config.h"
#include "config/ltx2_audio_config.h"
#include "config/ltx2_connectors_config.h"
#include "config/ltx2_transformer_config.h"
#include "config/ltx2_video_vae_config.h"
#include "config/request.h"
#include "config/units.h"
#include "plan/geometry.h"

namespace kinema::plan {

struct Ltx2Configs {
  config::Ltx2TransformerConfig transformer;
  config::Gemma3TextConfig text_encoder;
  config::Ltx2ConnectorsConfig connectors;
  config::Ltx2VideoVaeConfig vae;
  config::Ltx2AudioVaeConfig audio_vae;
  config::Ltx2VocoderConfig vocoder;
  config::FlowMatchConfig scheduler;
};

// The forwards of a step beside the one with the prompt.
struct Ltx2Passes {
  bool negative = false;   // with the negative prompt
  bool perturbed = false;  // with self-attention left out in some blocks
  bool isolated = false;   // without attention between picture and sound

  int64_t count() const { return 1 + int{negative} + int{perturbed} + int{isolated}; }
};

// `request` has its guidance. A perturbation that the checkpoint ignores is no pass of its own.
Ltx2Passes ltx2_passes(const Ltx2Configs& configs, const config::Request& request);

// The latent frame of a condition in a video of `frames` of them: negative indices count from the
// end.
int64_t ltx2_condition_frame(const config::Condition& condition, int64_t frames);
// Latent frames that conditions append to the video's: all but those of the first frame.
int64_t ltx2_appended_frames(const config::Request& request, int64_t frames);

// Latent frames of the sound of a video: the reference's rounding, halves to even.
int64_t ltx2_audio_frames(const Ltx2Configs& configs, int64_t frames, const config::Rational& fps);
// Its latents: [1, channels, latent frames, latent mel bins].
std::vector<int64_t> ltx2_audio_shape(const Ltx2Configs& configs,
                                      int64_t frames,
                                      const config::Rational& fps);

}  // namespace kinema::plan
