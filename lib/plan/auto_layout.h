// --parallel auto: every legal layout of some number of ranks, by predicted time.
#pragma once

#include <string>
#include <vector>

#include "plan/cost_model.h"
#include "plan/parallel_plan.h"
#include "plan/tiles.h"

namespace kinema::plan {

// A layout and what a step of it is predicted to take.
struct RankedLayout {
  ParallelPlan plan;
  StepTime time;
};

// All layouts of `ranks` denoising ranks that keep the rules, with whole weights on every rank and
// with shards (over all ranks of a machine that hold the same slice), the fastest first. Of equally
// fast ones whole weights come first, then more guidance branches apart, then more Ulysses. VAE
// patches are 1.
std::vector<RankedLayout> ranked_layouts(int64_t ranks,
                                         const SplitLimits& limits,
                                         const DenoiserShape& shape,
                                         const MachineRates& rates);

// The fewest of `ranks` ranks that finish the tiles as soon as all of them would.
int64_t tile_ranks(const TileGrid& grid, int64_t ranks);

// "--cfg-parallel-size 2 --ulysses-degree 4": what gives this layout when it is typed; empty for
// one process.
std::string layout_flags(const ParallelPlan& plan);

}  // namespace kinema::plan
