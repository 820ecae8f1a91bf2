// Finding a component's files and joining them.
#include "checkpoint/component.h"

#include <catch2/catch.hpp>

#include "checkpoint/raw_file.h"
#include "support/temp_folder.h"

namespace {

using kinema::checkpoint::Component;
using kinema::test::one_tensor;
using kinema::test::raw_safetensors;
using kinema::test::TempFolder;

std::string refusal(const TempFolder& folder) {
  return kinema::test::model_error([&] { Component::open(folder / "vae"); }, folder.path());
}

// A folder with a folder "vae" in it.
struct Vae : TempFolder {
  Vae() { std::filesystem::create_directories(*this / "vae"); }
  void file(const std::string& name, const std::string& bytes) {
    kinema::write_file(*this / "vae" / name, bytes);
  }
  void index(const std::string& map, const std::string& name = "model.safetensors.index.json") {
    file(name, R"({"metadata": {"total_size": 1}, "weight_map": )" + map + "}");
  }
  std::vector<std::string> names() const {
    const auto component = Component::open(*this / "vae");
    std::vector<std::string> found;
    for (const auto& [name, tensor] : component.tensors()) found.push_back(name);
    return found;
  }
};

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a single file or shards, by the reference's names") {
  Vae folder;
  folder.file("config.json", "{}");
  folder.file("model.safetensors", one_tensor("single", 2));
  CHECK(folder.names() == Names{"single"});
  // transformers prefers its single file to an index, diffusers an index to its single file.
  folder.file("s1.safetensors", one_tensor("a", 1));
  folder.file("s2.safetensors", one_tensor("b", 1));
  folder.index(R"({"a": "s1.safetensors", "b": "s2.safetensors"})");
  CHECK(folder.names() == Names{"single"});
  folder.file("diffusion_pytorch_model.safetensors", one_tensor("diffusers", 2));
  CHECK(folder.names() == Names{"diffusers"});
  folder.index(R"({"a": "s1.safetensors", "b": "s2.safetensors"})",
               "diffusion_pytorch_model.safetensors.index.json");
  CHECK(folder.names() == Names{"a", "b"});
}

TEST_CASE("variants are left alone beside the plain file and taken when alone") {
  Vae folder;
  folder.file("model.fp16.safetensors", one_tensor("half", 1));
  CHECK(folder.names() == Names{"half"});
  folder.file("model.safetensors", one_tensor("plain", 1));
  CHECK(folder.names() == Names{"plain"});
}

TEST_CASE("a file is a component too") {
  TempFolder folder;
  kinema::write_file(folder / "x.safetensors", one_tensor("a", 3));
  CHECK(Component::open(folder / "x.safetensors").size().elements == 3);
}

TEST_CASE("a folder without weights says what was looked for") {
  const std::string looked =
      "vae: has no weights (looked for diffusion_pytorch_model.safetensors.index.json, "
      "diffusion_pytorch_model.safetensors, model.safetensors, model.safetensors.index.json)";
  TempFolder none;
  CHECK(refusal(none) == "vae: no such folder");
  Vae folder;
  CHECK(refusal(folder) == looked);
  folder.file("diffusion_pytorch_model.bin", "x");
  CHECK(refusal(folder) ==
        looked + " | there are pickled weights, but only safetensors files are read");
  folder.file("model-00001-of-00002.safetensors", one_tensor("a", 1));
  CHECK(refusal(folder) ==
        looked + " | there are shards, but not the .safetensors.index.json that lists them");
  folder.file("ema.safetensors", one_tensor("a", 1));
  folder.file("raw.safetensors", one_tensor("a", 1));
  CHECK(refusal(folder) ==
        "vae: has several files of weights (ema.safetensors, raw.safetensors) and none has the "
        "usual name, "
        "diffusion_pytorch_model.safetensors or model.safetensors");
}

TEST_CASE("an index and its shards must agree") {
  Vae folder;
  folder.file("1.safetensors", one_tensor("a", 1));
  folder.file("2.safetensors", one_tensor("b", 1));
  const auto said = [&](const std::string& map) {
    folder.index(map);
    return refusal(folder);
  };
  const std::string file = "vae/model.safetensors.index.json: ";
  CHECK(said(R"({"a": "1.safetensors", "b": "2.safetensors"})") == "no error");
  CHECK(said(R"({"a": "1.safetensors", "b": "3.safetensors"})") ==
        file + "names the shard 3.safetensors, which is not there | download the missing file");
  CHECK(said(R"({"a": "1.safetensors", "c": "2.safetensors"})") ==
        file + R"(says that tensor "c" is in 2.safetensors, which does not hold it)");
  CHECK(said(R"({"a": "2.safetensors", "b": "2.safetensors"})") ==
        file + R"(says that tensor "a" is in 2.safetensors, which does not hold it)");
  CHECK(said(R"({"a": "../1.safetensors"})") ==
        file +
            R"(names "../1.safetensors" for tensor "a"; a file name in the same folder is wanted)");
  CHECK(said(R"({"a": 1})") ==
        file + R"(names 1 for tensor "a"; a file name in the same folder is wanted)");
  CHECK(said("{}") == file + "lists no tensors");
  CHECK(said("[]") == file + R"(has no "weight_map" object)");
  folder.file("2.safetensors", one_tensor("a", 1));
  CHECK(said(R"({"a": "1.safetensors", "b": "2.safetensors"})") ==
        R"(vae: tensor "a" stands in both 1.safetensors and 2.safetensors)");
  folder.file("2.safetensors", "version https://git-lfs.github.com/spec/v1\n");
  CHECK_THAT(refusal(folder), Catch::StartsWith("vae/2.safetensors: is a Git LFS pointer"));
}

TEST_CASE("sizes are summed by prefix, without torch") {
  Vae folder;
  folder.file("1.safetensors", one_tensor("blocks.0.a", 3));
  folder.file("2.safetensors", one_tensor("blocks.1.a", 5));
  folder.file("3.safetensors", one_tensor("blocksize", 7));
  folder.index(
      R"({"blocks.0.a": "1.safetensors", "blocks.1.a": "2.safetensors", "blocksize": "3.safetensors"})");
  const auto component = Component::open(folder / "vae");
  CHECK(component.size().bytes == 60);
  CHECK(component.size("blocks.").elements == 8);
  CHECK(component.size("blocks.1.").bytes == 20);
  CHECK(component.size("blocks.").tensors == 2);
  CHECK(component.size("nothing").tensors == 0);
}

TEST_CASE("identity tells contents apart, not how they are spread over files") {
  Vae single, sharded, other;
  const std::string header =
      R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})";
  single.file("model.safetensors", raw_safetensors(header, std::string(8, '\0')));
  sharded.file("1.safetensors", one_tensor("a", 1));
  sharded.file("2.safetensors", one_tensor("b", 1));
  sharded.index(R"({"a": "1.safetensors", "b": "2.safetensors"})");
  other.file("model.safetensors", raw_safetensors(header, std::string(7, '\0') + "\x01"));
  const auto identity = [](const Vae& folder) {
    return Component::open(folder / "vae").identity();
  };
  CHECK(identity(single).size() == 32);
  CHECK(identity(single) == identity(sharded));
  CHECK(identity(single) != identity(other));
  other.file("model.safetensors", one_tensor("a", 1));
  CHECK(identity(single) != identity(other));
}
