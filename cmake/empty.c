/* Stands in for a folder that has no C file yet: a static library needs one object. */
typedef int cmake_empty_translation_unit;
