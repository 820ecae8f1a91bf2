// Memory of an LTX-2 job, stage by stage.
#pragma once

#include "plan/memory.h"
#include "plan/memory_input.h"
#include "plan/model_facts.h"

namespace kinema::plan {

// Opens the components' files and reads their headers; throws Error(kModel).
MemoryPlan ltx2_memory(const ModelFacts& facts, const MemoryInput& input);

}  // namespace kinema::plan
