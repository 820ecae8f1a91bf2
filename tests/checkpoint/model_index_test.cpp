// What a checkpoint is, and where it may be when it is not here.
#include "checkpoint/model_index.h"

#include <catch2/catch.hpp>

#include "base/json.h"
#include "checkpoint/raw_file.h"
#include "support/temp_folder.h"

namespace {

namespace fs = std::filesystem;
using namespace kinema::checkpoint;

const fs::path kData = fs::path(KINEMA_TEST_DATA) / "hunyuan15";

// A folder "m" with the components of the stored text-to-video checkpoint and its index, changed by
// `edit`.
struct Model : kinema::test::TempFolder {
  explicit Model(const std::function<void(kinema::Json&)>& edit) {
    auto index = kinema::read_json(kData / "t2v/model/model_index.json", kinema::ErrorKind::kModel);
    fs::create_directories(*this / "m");
    for (const auto& [key, value] : index.items()) {
      if (value.is_array()) fs::create_directories(*this / "m" / key);
    }
    edit(index);
    kinema::write_file(*this / "m" / "model_index.json", index.dump());
  }
  std::string refusal() const {
    return kinema::test::model_error([&] { read_model_index(*this / "m"); }, path());
  }
};

}  // namespace

TEST_CASE("the stored checkpoints say what they are") {
  const auto text = read_model_index(kData / "t2v/model");
  CHECK(text.pipeline == "HunyuanVideo15Pipeline");
  CHECK(text.task == Task::kTextToVideo);
  CHECK(text.components.at("vae").name == "AutoencoderKLHunyuanVideo15");
  CHECK(text.components.at("tokenizer").library == "transformers");
  CHECK(text.component("vae") == kData / "t2v/model/vae");
  CHECK(family_name(text.family) == "HunyuanVideo 1.5");
  const auto image = read_model_index(kData / "i2v/model");
  CHECK(image.task == Task::kImageToVideo);
  CHECK(task_name(image.task) == "image to video");
}

TEST_CASE("a folder that is no checkpoint comes with a hint of where one is") {
  const auto error = [](const fs::path& folder) {
    return kinema::test::model_error([&] { read_model_index(folder); }, kData);
  };
  CHECK_THAT(error(kData / "t2v/model/vae"),
             Catch::StartsWith(
                 "t2v/model/vae: has no model_index.json | the checkpoint is the folder above, "));
  CHECK(error(kData / "t2v") ==
        "t2v: has no model_index.json | there are checkpoints inside: t2v/model");
  CHECK(error(kData / "none") == "none: no such folder");
  CHECK(error("some-group/some-model") ==
        "some-group/some-model: no such folder | a name on a model hub has to be downloaded first, "
        "then give the "
        "folder");
  CHECK(error(kData / "t2v/model/model_index.json") ==
        "t2v/model/model_index.json: is a file; the checkpoint's folder is wanted");
  kinema::test::TempFolder empty;
  CHECK_THAT(error(empty.path()), Catch::Contains("a checkpoint in diffusers' layout is wanted"));
}

TEST_CASE("other pipelines are named, beside those that are supported") {
  CHECK(Model([](auto& index) { index["_class_name"] = "WanPipeline"; }).refusal() ==
        "m/model_index.json: is for \"WanPipeline\", which is not supported; "
        "HunyuanVideo15Pipeline, HunyuanVideo15ImageToVideoPipeline, LTX2Pipeline, "
        "LTX2ImageToVideoPipeline or LTX2ConditionPipeline is wanted");
  CHECK(Model([](auto& index) { index.erase("_class_name"); }).refusal() ==
        "m/model_index.json: has no \"_class_name\" string");
}

TEST_CASE("all missing and foreign components are said at once") {
  const Model model([](auto& index) {
    index.erase("vae");
    index["guider"] = {nullptr, nullptr};
    index["text_encoder"] = {"transformers", "LlamaModel"};
    index["force_zeros"] = true;
  });
  fs::remove(model / "m" / "transformer");
  CHECK(model.refusal() ==
        "m/transformer: no such folder, though model_index.json names it\n"
        "m/model_index.json: names no \"vae\", which HunyuanVideo15Pipeline needs\n"
        "m/model_index.json: names no \"guider\", which HunyuanVideo15Pipeline needs\n"
        "m/model_index.json: \"text_encoder\" is of the class \"LlamaModel\"; Qwen2_5_VLTextModel, "
        "Qwen2_5_VLModel or "
        "Qwen2_5_VLForConditionalGeneration is wanted");
}

TEST_CASE("an LTX-2 checkpoint does both tasks, and may leave out what is optional") {
  const auto ltx2 = fs::path(KINEMA_TEST_DATA) / "ltx2";
  const auto index = read_model_index(ltx2 / "t2v/model");
  CHECK(index.family == Family::kLtx2);
  CHECK(index.both_tasks);
  CHECK(index.task == Task::kTextToVideo);
  CHECK(index.components.count("connectors") == 1);
  const auto other = read_model_index(ltx2 / "i2v/model");
  CHECK(other.task == Task::kImageToVideo);
  CHECK(other.both_tasks);
}
