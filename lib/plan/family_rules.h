// What planning asks a family of models, so that no other file of planning names one.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "checkpoint/model_index.h"
#include "config/config_reader.h"
#include "config/request.h"
#include "plan/buckets.h"
#include "plan/layer_names.h"
#include "plan/memory.h"

namespace kinema::plan {

struct DenoiserShape;
struct Job;
struct LatentShape;
struct MemoryInput;
struct ModelFacts;
struct Resolution;

// A shape that is wanted where no size is given: a size class, and width : height of whatever has
// the shape. Without a ratio the model's own shape is wanted.
struct ShapeWish {
  std::optional<config::Resolution> resolution;
  std::optional<FrameSize> ratio;
};

class FamilyRules {
 public:
  virtual ~FamilyRules() = default;

  // Components that have weights, in the order of their use.
  virtual std::vector<std::string> components(checkpoint::Task task) const = 0;
  // Reads the configurations of `facts`, whose index and components are known, and fills in what
  // follows from them: variant, shape rules, defaults. Throws Error(kModel).
  virtual void read(ModelFacts& facts, config::Strictness strictness) const = 0;
  // What a layer of a component is called elsewhere, for files of adapters; nothing where it is
  // called the same.
  virtual std::vector<LayerName> layer_names(std::string_view component,
                                             std::string_view layer) const = 0;
  // "text to video": what the checkpoint can be asked for.
  virtual std::string tasks(const ModelFacts& facts) const = 0;

  // Keys of settings that mean nothing to other families.
  virtual const std::vector<std::string>& own_settings() const = 0;
  virtual FrameSize size_for(const ModelFacts& facts, const ShapeWish& wish) const = 0;
  // Fills in everything about steps, guidance and schedule; says what has no effect.
  virtual void resolve_sampling(Resolution& r) const = 0;

  // Forwards of the transformer a step; `request` has its guidance.
  virtual int64_t branches(const ModelFacts& facts, const config::Request& request) const = 0;
  // Latent frames that the transformer sees behind the video's.
  virtual int64_t appended_frames(const config::Request&, const LatentShape&) const { return 0; }
  // What tensor and Ulysses parallelism must divide.
  virtual int64_t heads(const ModelFacts& facts) const = 0;
  virtual int64_t mlp_width(const ModelFacts& facts) const = 0;
  // The repeated blocks of the job's denoiser. The job has its sizes, guidance and dtype.
  virtual DenoiserShape denoiser(const Job& job) const = 0;
  // Opens the components' files and reads their headers; throws Error(kModel).
  virtual MemoryPlan memory(const ModelFacts& facts, const MemoryInput& input) const = 0;

  // "guidance 6, shift 5", of a resolved job.
  virtual std::string sampling_text(const Job& job) const = 0;
  // What `kinema inspect` shows as defaults of sampling.
  virtual OrderedJson sampling_defaults(const ModelFacts& facts) const = 0;
};

const FamilyRules& family_rules(checkpoint::Family family);

}  // namespace kinema::plan
