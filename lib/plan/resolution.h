// The steps by which plan_job resolves a job, each for one subject.
#pragma once

#include "plan/job.h"

namespace kinema::plan {

// A job while its values are being filled in.
struct Resolution {
  Job& job;
  const Surroundings& around;
  config::Violations& violations;

  config::Request& request() { return job.settings.request; }
  void note(std::string text) { job.notes.push_back(std::move(text)); }
  void wrong(std::string what, std::string hint = {}) {
    violations.add(ErrorKind::kConfig, std::move(what), std::move(hint));
  }
  // Who set `key` in words for a message: " (job.json:4)", or nothing for a flag.
  std::string from(const std::string& key) const;
  bool given(const std::string& key) const { return job.settings.sources.count(key) > 0; }

  // Sets an optional that nobody has set.
  template <class T>
  void fill(std::optional<T>& field, const std::string& key, T value, const std::string& source) {
    if (field) return;
    field = std::move(value);
    job.settings.sources[key] = source;
  }
};

void resolve_content(Resolution& r);    // picture and task, seed
void resolve_size(Resolution& r);       // width, height
void resolve_frames(Resolution& r);     // num_frames, fps
void resolve_sampling(Resolution& r);   // steps, guidance, shift
void resolve_machine(Resolution& r);    // device, dtype, threads
void resolve_layout(Resolution& r);     // degrees, and the time of a step
void resolve_streaming(Resolution& r);  // resident blocks, slots
void resolve_memory(Resolution& r);     // tiling, estimate, limit
void resolve_output(Resolution& r);     // names and folders, quality

}  // namespace kinema::plan
