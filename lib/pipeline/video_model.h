// The seam between what every job goes through and what one family of models does.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "checkpoint/read_ahead.h"
#include "pipeline/frame_output.h"
#include "pipeline/latents.h"
#include "pipeline/runtime.h"
#include "pipeline/step_preview.h"

namespace kinema::pipeline {

// Whether networks stay loaded between jobs, or are gone before the next stage begins.
enum class Keep { kNothing, kNetworks };

// What is made: a video from noise, or from latents that are there.
enum class Work { kGenerate, kDecode };

// A checkpoint at work: made once in a process, for as many jobs as come. Every rank of the team
// calls the same in the same order.
class VideoModel {
 public:
  virtual ~VideoModel() = default;

  // Before the job's prompts are encoded: has threads load what runtime.request.load_ahead names.
  virtual void load_ahead(Runtime& runtime) = 0;

  // Encodes what the jobs say, each text once, and keeps that until the next call; what was encoded
  // before and is wanted again is not encoded anew. The text encoders are loaded for this call
  // only, and only if something is left to encode (stage "encode_text").
  virtual void encode_prompts(Runtime& runtime,
                              const std::vector<const config::Request*>& jobs) = 0;

  // From noise to latents, equal on every rank of the replica. The job's prompts must have been
  // encoded; its picture is encoded here (stages "encode_image", "load", "denoise").
  virtual Latents denoise(Runtime& runtime) = 0;

  // A decoder for the job's previews, beside the one that decode() uses; loaded here (stage
  // "load"), on the one rank that calls this.
  virtual PictureDecoder picture_decoder(Runtime& runtime) = 0;

  // Of the sound that comes with the frames.
  virtual std::optional<media::SoundFormat> sound(const Setup&) const { return std::nullopt; }

  // Hands the frames and the sound to `output`, which only the first rank has (stages "load",
  // "decode").
  virtual void decode(Runtime& runtime, const Latents& latents, FrameOutput* output) = 0;

  // What the job reads of the checkpoint if nothing is kept, in the order in which it needs it.
  virtual std::vector<checkpoint::Wanted> reads(const Runtime& runtime, Work work) const = 0;

  // Lets go of networks that were kept; they are loaded again when they are needed.
  virtual void release() = 0;
};

// For the family of the checkpoint.
std::unique_ptr<VideoModel> make_video_model(const plan::ModelFacts& model, Keep keep);

}  // namespace kinema::pipeline
