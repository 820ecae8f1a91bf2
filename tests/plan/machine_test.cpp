// GPUs as the driver's files list them.
#include "plan/machine.h"

#include <filesystem>
#include <fstream>

#include <catch2/catch.hpp>

using namespace kinema::plan;
namespace fs = std::filesystem;

TEST_CASE("visible GPUs follow CUDA_VISIBLE_DEVICES") {
  const auto driver = fs::temp_directory_path() / "kinema_driver";
  fs::remove_all(driver);
  for (const auto& [bus, name] :
       {std::pair{"0000:19:00.0", "NVIDIA H200"}, std::pair{"0000:3b:00.0", "NVIDIA L4"}}) {
    fs::create_directories(driver / bus);
    std::ofstream(driver / bus / "information") << "Model: \t\t " << name << "\nIRQ: 1\n";
  }
  using Names = std::vector<std::string>;
  const auto silent = [] { return std::optional<Names>(); };
  CHECK(visible_gpus(std::nullopt, driver, silent) == Names{"NVIDIA H200", "NVIDIA L4"});
  CHECK(visible_gpus("1,0", driver, silent) == Names{"NVIDIA L4", "NVIDIA H200"});
  CHECK(visible_gpus("", driver, silent).empty());
  CHECK(visible_gpus("1,7,0", driver, silent) == Names{"NVIDIA L4"});
  CHECK(visible_gpus("-1", driver, silent).empty());
  CHECK(visible_gpus("GPU-5f0c", driver, silent).size() == 1);
  CHECK(visible_gpus(std::nullopt, driver / "none", silent).empty());

  // Of different cards, or where none is listed, the driver's library knows more.
  int asked = 0;
  const auto answers = [&] {
    ++asked;
    return std::optional(Names{"NVIDIA H200"});
  };
  CHECK(visible_gpus("1", driver, answers) == Names{"NVIDIA H200"});
  CHECK(visible_gpus(std::nullopt, driver / "none", answers) == Names{"NVIDIA H200"});
  CHECK(asked == 2);
  std::ofstream(driver / "0000:3b:00.0" / "information") << "Model: NVIDIA H200\n";
  CHECK(visible_gpus(std::nullopt, driver, answers) == Names{"NVIDIA H200", "NVIDIA H200"});
  CHECK(asked == 2);
  CHECK(visible_gpus("GPU-5f0c", driver, answers) == Names{"NVIDIA H200"});
  CHECK(asked == 3);
  fs::remove_all(driver);
}

TEST_CASE("free memory and disk") {
  CHECK(available_memory() > 0);
  CHECK(available_memory("/no/such/folder") == 0);
  CHECK(free_disk(".").value() > 0);
  CHECK_FALSE(free_disk("/no/such/folder"));
}
