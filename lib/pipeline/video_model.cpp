// The one place that lists families.
#include "pipeline/video_model.h"

#include "base/error.h"
#include "pipeline/hunyuan15_model.h"
#include "pipeline/ltx2_model.h"

namespace kinema::pipeline {

std::unique_ptr<VideoModel> make_video_model(const plan::ModelFacts& model, Keep keep) {
  switch (model.index.family) {
    case checkpoint::Family::kHunyuan15:
      return std::make_unique<Hunyuan15Model>(keep);
    case checkpoint::Family::kLtx2:
      return std::make_unique<Ltx2Model>(keep);
  }
  throw Error(ErrorKind::kInternal, "no pipeline for this family of models");
}

}  // namespace kinema::pipeline
