// A mel spectrogram stands between the two networks.
#include "pipeline/ltx2_sound.h"

#include "pipeline/component.h"

namespace kinema::pipeline {
namespace {

// In bfloat16 the spectra of the vocoder that raises the rate are audibly worse, and it is small.
Setup vocoder_setup(const Runtime& runtime) {
  Setup setup = runtime;
  if (runtime.model.ltx2.vocoder.bandwidth) setup.dtype = at::kFloat;
  return setup;
}

}  // namespace

void Ltx2Sound::load(Runtime& runtime) {
  if (vae_) return;
  const auto& configs = runtime.model.ltx2;
  OpenComponent vae(runtime, "audio_vae", ltx2::AudioVae::names());
  vae_.emplace(nn::ParamScope(vae.source()), configs.audio_vae);
  vae.loaded(runtime.stages);
  OpenComponent vocoder(vocoder_setup(runtime), "vocoder", ltx2::Vocoder::names());
  vocoder_.emplace(nn::ParamScope(vocoder.source()), configs.vocoder);
  vocoder.loaded(runtime.stages);
}

at::Tensor Ltx2Sound::decode(Runtime& runtime, const at::Tensor& latents) {
  runtime.stages.begin("load");
  load(runtime);
  runtime.stages.begin("decode_audio");
  const auto tokens = vae_->denormalised(ltx2::packed_audio(latents.to(runtime.device)));
  const auto mel = vae_->decode(ltx2::unpacked_audio(tokens, latents.size(1)));
  const auto type = runtime.model.ltx2.vocoder.bandwidth ? at::kFloat : runtime.dtype;
  return (*vocoder_)(mel.to(type))[0].to(at::kFloat).contiguous();
}

void Ltx2Sound::release() {
  vae_.reset();
  vocoder_.reset();
}

}  // namespace kinema::pipeline
