// A language model whose heads are cut over ranks against the whole one.
#include <filesystem>

#include <catch2/catch.hpp>

#include "comm/gloo.h"
#include "parallel/tensor_parallel.h"
#include "support/ranks.h"
#include "support/tensors.h"
#include "text/gemma3_text_model.h"

using kinema::comm::Rendezvous;
using kinema::test::require;
using kinema::text::Gemma3TextModel;

TEST_CASE("Gemma 3 cut over two ranks gives the reference's hidden states") {
  CHECK_NOTHROW(kinema::test::run_ranks(2, [](Rendezvous& rendezvous) {
    const auto folder = std::filesystem::path(KINEMA_TEST_DATA) / "ltx2/t2v/model/text_encoder";
    const auto stored = kinema::test::stored_tensors("ltx2/t2v/expected.safetensors");
    auto group = kinema::comm::gloo_group(rendezvous, "tensor", {0, 1});
    kinema::weights::WeightStore store(kinema::checkpoint::Component::open(folder), {},
                                       Gemma3TextModel::names());
    kinema::parallel::TensorParallelSource cut(store, kinema::parallel::decoder_text_rules(),
                                               *group);
    const auto config = kinema::config::read_gemma3_text(kinema::config::ConfigReader::open(
        folder / "config.json", kinema::config::Strictness::kStrict));
    const Gemma3TextModel model(kinema::nn::ParamScope(cut), config);
    kinema::nn::BlockWeights resident;
    const auto& ids = stored.at("input_ids");
    const auto got = model(ids[0], 128 - ids.size(1), resident);
    require(kinema::test::scaled_difference(got, stored.at("text_hidden_states")) < 1e-5,
            "the cut model's hidden states");
  }));
}
