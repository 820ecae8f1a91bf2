// The files of a job on their way into memory in the order in which it needs them: the transformer
// while texts are encoded, the autoencoder while it denoises.
#pragma once

#include <memory>
#include <string>

#include "checkpoint/read_ahead.h"
#include "pipeline/runtime.h"
#include "pipeline/video_model.h"
#include "weights/name_map.h"

namespace kinema::pipeline {

// What a network that knows these names reads of a component.
checkpoint::Wanted wanted(const Setup& setup, const std::string& name, weights::NameMap names);

// Begins to read, on the first rank, what the memory that is free may take in; null elsewhere.
std::unique_ptr<checkpoint::ReadAhead> read_ahead(const Runtime& runtime,
                                                  const VideoModel& model,
                                                  Work work);

}  // namespace kinema::pipeline
