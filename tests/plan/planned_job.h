// Jobs of the tiny stored checkpoints, as tests of planning make them.
#pragma once

#include <filesystem>
#include <string>

#include "plan/job.h"

namespace kinema::test {

// Where the stored cases of HunyuanVideo 1.5 are.
std::filesystem::path hunyuan15_data();

// Two cores, 8 GB, no GPU.
plan::Surroundings around();

// A job and everything wrong with it: a line "what | hint" for each violation.
struct Planned {
  plan::Job job;
  std::string wrong;
};
Planned planned(const config::Request& request,
                const std::string& variant = "t2v",
                plan::Surroundings surroundings = around());

// 112x80 pixels, 9 frames, a seed and a name.
config::Request tiny();

}  // namespace kinema::test
