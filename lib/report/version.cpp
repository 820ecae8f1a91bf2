// Facts that CMake hands in: whether LibTorch knows CUDA, and which of our parts are built.
#include "report/version.h"

#include "report/commit.h"

namespace kinema::report {

std::string version() { return KINEMA_VERSION; }

OrderedJson build_facts() {
  OrderedJson facts;
  facts["kinema"] = version();
  facts["commit"] = kCommit;
  facts["compiler"] = KINEMA_COMPILER;
  facts["libtorch"] = KINEMA_TORCH_VERSION;
  facts["cuda"] = KINEMA_WITH_CUDA != 0;
  facts["kernels"] = KINEMA_WITH_KERNELS != 0;
  facts["nccl"] = KINEMA_WITH_NCCL != 0;
  facts["ffmpeg"] = KINEMA_WITH_FFMPEG != 0;
  facts["build"] = KINEMA_BUILD_TYPE;
  return facts;
}

}  // namespace kinema::report
