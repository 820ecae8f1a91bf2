// Components by their classes' names in diffusers and transformers.
#include "checkpoint/pipelines.h"

namespace kinema::checkpoint {
namespace {

std::vector<Needed> hunyuan15_text() {
  return {
      {"transformer", {"HunyuanVideo15Transformer3DModel"}},
      {"vae", {"AutoencoderKLHunyuanVideo15"}},
      {"scheduler", {"FlowMatchEulerDiscreteScheduler"}},
      {"guider", {"ClassifierFreeGuidance"}},
      {"text_encoder",
       {"Qwen2_5_VLTextModel", "Qwen2_5_VLModel", "Qwen2_5_VLForConditionalGeneration"}},
      {"tokenizer", {"Qwen2Tokenizer", "Qwen2TokenizerFast"}},
      {"text_encoder_2", {"T5EncoderModel"}},
      {"tokenizer_2", {"ByT5Tokenizer"}},
  };
}

std::vector<Needed> hunyuan15_image() {
  auto needed = hunyuan15_text();
  needed.push_back({"image_encoder", {"SiglipVisionModel"}});
  needed.push_back(
      {"feature_extractor",
       {"SiglipImageProcessor", "SiglipImageProcessorFast", "SiglipImageProcessorPil"}});
  return needed;
}

// All pipelines of the family have the same.
std::vector<Needed> ltx2_components() {
  return {
      {"transformer", {"LTX2VideoTransformer3DModel"}},
      {"vae", {"AutoencoderKLLTX2Video"}},
      {"audio_vae", {"AutoencoderKLLTX2Audio"}},
      {"vocoder", {"LTX2Vocoder", "LTX2VocoderWithBWE"}},
      {"connectors", {"LTX2TextConnectors"}},
      {"scheduler", {"FlowMatchEulerDiscreteScheduler"}},
      {"text_encoder", {"Gemma3ForConditionalGeneration"}},
      {"tokenizer", {"GemmaTokenizer", "GemmaTokenizerFast"}},
  };
}

Pipeline ltx2_pipeline(const char* name, Task task) {
  return {name, Family::kLtx2, task, ltx2_components(), true};
}

}  // namespace

std::vector<Pipeline> pipelines() {
  return {
      {"HunyuanVideo15Pipeline", Family::kHunyuan15, Task::kTextToVideo, hunyuan15_text()},
      {"HunyuanVideo15ImageToVideoPipeline", Family::kHunyuan15, Task::kImageToVideo,
       hunyuan15_image()},
      ltx2_pipeline("LTX2Pipeline", Task::kTextToVideo),
      ltx2_pipeline("LTX2ImageToVideoPipeline", Task::kImageToVideo),
      ltx2_pipeline("LTX2ConditionPipeline", Task::kImageToVideo),
  };
}

}  // namespace kinema::checkpoint
