// Which device a process computes on, and how its groups talk.
#pragma once

#include <functional>

#include <ATen/core/Tensor.h>

#include "base/error.h"
#include "comm/rendezvous.h"
#include "config/request.h"
#include "parallel/team.h"

namespace kinema::engine {

// The CPU, or the GPU of this process among those visible here: one after the other from the
// request's, and from its start again where there are more processes than GPUs. Makes a GPU ready.
at::Device device_for(const config::Request& request, int local_rank);

// Whether members compare operations before running them.
enum class Compare { kNo, kYes };

// Gloo between CPUs; NCCL between GPUs, one a process; Gloo through host memory where processes
// share a GPU or the program has no NCCL, which the first rank says. Called by every process of the
// run; all choose alike. `on_failure`: what another thread calls when a collective on GPUs fails.
parallel::GroupMaker groups_for(at::Device device,
                                comm::Rendezvous& rendezvous,
                                Compare compare,
                                std::function<void(const Error&)> on_failure);

}  // namespace kinema::engine
