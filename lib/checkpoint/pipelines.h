// The pipelines of diffusers whose checkpoints are read, and what each consists of.
#pragma once

#include <string>
#include <vector>

#include "checkpoint/model_index.h"

namespace kinema::checkpoint {

// A component a pipeline cannot do without, and the classes that are one and the same to this
// program.
struct Needed {
  std::string component;
  std::vector<std::string> classes;
};

struct Pipeline {
  std::string name;
  Family family;
  Task task;
  std::vector<Needed> needed;
  bool both_tasks = false;  // its checkpoints serve text to video and image to video
};

std::vector<Pipeline> pipelines();

}  // namespace kinema::checkpoint
