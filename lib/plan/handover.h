// How the front end gives a planned job to the program that runs it: one JSON text through an
// inherited descriptor.
#pragma once

#include <string>

#include "base/json.h"
#include "plan/job.h"

namespace kinema::plan {

struct Handover {
  config::Request request;  // resolved
  Json planned;             // plan_json of the job
  Json task;                // what to do beside making its outputs; null: nothing
};

std::string handover_text(const Job& job, const Json& task = {});

// Reads the text from the start of `descriptor` (a file in memory that several processes may
// share). Throws Error(kInternal) if it cannot be read or was not made by handover_text.
Handover read_handover(int descriptor);

}  // namespace kinema::plan
