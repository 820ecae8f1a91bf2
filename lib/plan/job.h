// A job that is ready to run: every value resolved, every rule checked, memory estimated.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "plan/auto_layout.h"
#include "plan/buckets.h"
#include "plan/geometry.h"
#include "plan/memory.h"
#include "plan/model_facts.h"
#include "plan/parallel_plan.h"
#include "plan/stream_plan.h"

namespace kinema::plan {

// Where a seed comes from that nobody gave.
inline constexpr const char* kDrawnSeed = "random";

// A job of a batch leaves GPUs to other jobs; its folders are made, and what lies in them is judged
// by the batch. Decoding alone needs no picture.
enum class Scope { kOneJob, kBatch, kDecoding };

// What a job meets outside its request.
struct Surroundings {
  std::optional<FrameSize> picture;  // upright, of --image
  bool cuda_build = false;           // LibTorch knows CUDA
  bool kernels_build = false;        // our own CUDA kernels are there
  std::vector<std::string> gpus;     // visible ones
  uint64_t host_memory = 0;          // bytes available; 0 if unknown
  int64_t cores = 1;
  uint64_t random_seed = 0;
  // Processes that another launcher has started: of the run, and on this machine.
  std::optional<int64_t> ranks, local_ranks;
  Scope scope = Scope::kOneJob;
};

// Times by the cost model.
struct Prediction {
  DenoiserShape shape;
  MachineRates rates;
  StepTime step;                      // of the job's layout
  std::optional<StreamPlan> stream;   // of the denoiser's blocks
  std::vector<RankedLayout> layouts;  // that --parallel auto could choose from, the fastest first
};

struct Job {
  config::Settings settings;  // the request's optionals that the pipeline reads have values
  std::map<std::string, std::string> given;  // settings.sources before anything was filled in
  ModelFacts model;
  VideoShape video;
  LatentShape latent;
  int64_t tokens = 0;
  ParallelPlan parallel;
  MemoryPlan memory;
  Prediction predicted;
  uint64_t memory_limit = 0;       // bytes a device; 0 if unknown
  uint64_t host_memory = 0;        // bytes of it that may be used; 0 if unknown
  std::vector<std::string> notes;  // what was chosen or rounded, for the user

  const config::Request& request() const { return settings.request; }
  bool on_cpu() const { return request().device.kind == config::Device::Kind::kCpu; }
};

// Fills in what `settings` leaves open and checks the whole job. Everything wrong goes to
// `violations`; the job is meaningful only if there is none.
Job plan_job(config::Settings settings,
             ModelFacts model,
             const Surroundings& around,
             config::Violations& violations);

}  // namespace kinema::plan
