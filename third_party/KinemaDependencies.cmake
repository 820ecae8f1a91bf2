# Every dependency as one target each, found the usual ways (CMAKE_PREFIX_PATH, pkg-config, system folders).
# Header-only ones can also be named by a path, so that a machine without packages can build.
find_package(Threads REQUIRED)
find_package(PkgConfig)

# kinema_header_only(NAME HEADER): an interface target dep::NAME from the folder that holds HEADER.
function(kinema_header_only name header)
  find_path(KINEMA_${name}_INCLUDE_DIR "${header}")
  if(NOT KINEMA_${name}_INCLUDE_DIR)
    message(FATAL_ERROR "${header} not found; name its folder with -DKINEMA_${name}_INCLUDE_DIR=...")
  endif()
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE "${KINEMA_${name}_INCLUDE_DIR}")
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

kinema_header_only(cli11 "CLI/CLI.hpp")
kinema_header_only(json "nlohmann/json.hpp")
# LibTorch's own headers include Gloo's, which its packages leave out.
kinema_header_only(gloo "gloo/config.h")

# spdlog and the fmt it was packaged with: compiled form where there is one, header-only otherwise.
find_path(KINEMA_spdlog_INCLUDE_DIR "spdlog/spdlog.h")
find_package(spdlog CONFIG QUIET)
add_library(dep_spdlog INTERFACE)
if(spdlog_FOUND)
  target_link_libraries(dep_spdlog INTERFACE spdlog::spdlog_header_only)
elseif(KINEMA_spdlog_INCLUDE_DIR)
  # Its neighbour first: LibTorch brings another version of fmt.
  find_path(KINEMA_fmt_INCLUDE_DIR "fmt/format.h" PATHS "${KINEMA_spdlog_INCLUDE_DIR}" NO_DEFAULT_PATH)
  find_path(KINEMA_fmt_INCLUDE_DIR "fmt/format.h" REQUIRED)
  target_include_directories(dep_spdlog SYSTEM INTERFACE "${KINEMA_spdlog_INCLUDE_DIR}" "${KINEMA_fmt_INCLUDE_DIR}")
  target_compile_definitions(dep_spdlog INTERFACE SPDLOG_FMT_EXTERNAL FMT_HEADER_ONLY=1)
else()
  message(FATAL_ERROR "spdlog/spdlog.h not found; name its folder with -DKINEMA_spdlog_INCLUDE_DIR=...")
endif()
# LibTorch's headers bring an fmt of another version; header-only, each source agrees with whichever it includes.
target_compile_definitions(dep_spdlog INTERFACE FMT_HEADER_ONLY)
add_library(dep::spdlog ALIAS dep_spdlog)

# kinema_c_library(NAME HEADER LIBRARY): a C library by header and library name.
function(kinema_c_library name header library)
  find_path(KINEMA_${name}_INCLUDE_DIR "${header}")
  find_library(KINEMA_${name}_LIBRARY "${library}")
  if(NOT KINEMA_${name}_INCLUDE_DIR OR NOT KINEMA_${name}_LIBRARY)
    message(FATAL_ERROR "${header} or lib${library} not found; name them with -DKINEMA_${name}_INCLUDE_DIR=... "
                        "and -DKINEMA_${name}_LIBRARY=...")
  endif()
  add_library(dep_${name} INTERFACE)
  target_include_directories(dep_${name} SYSTEM INTERFACE "${KINEMA_${name}_INCLUDE_DIR}")
  target_link_libraries(dep_${name} INTERFACE "${KINEMA_${name}_LIBRARY}")
  add_library(dep::${name} ALIAS dep_${name})
endfunction()

kinema_c_library(pcre2 "pcre2.h" "pcre2-8")
kinema_c_library(utf8proc "utf8proc.h" "utf8proc")

if(KINEMA_FFMPEG)
  pkg_check_modules(KINEMA_AV REQUIRED IMPORTED_TARGET libavcodec libavformat libavutil libswscale libswresample)
  add_library(dep::ffmpeg ALIAS PkgConfig::KINEMA_AV)
  kinema_c_library(jpeg "jpeglib.h" "jpeg")
endif()

if(KINEMA_TESTS)
  kinema_header_only(catch2 "catch2/catch.hpp")
endif()

include(FindLibTorch)
