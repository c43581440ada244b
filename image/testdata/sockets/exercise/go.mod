module example.org/exercise

go 1.26
