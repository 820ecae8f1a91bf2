// Memory of a HunyuanVideo 1.5 job, stage by stage.
#pragma once

#include "plan/memory.h"
#include "plan/memory_input.h"
#include "plan/model_facts.h"

namespace kinema::plan {

// Opens the components' files and reads their headers; throws Error(kModel).
MemoryPlan hunyuan15_memory(const ModelFacts& facts, const MemoryInput& input);

}  // namespace kinema::plan
